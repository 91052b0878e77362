"""Train a small GAN on the digits of scikit-learn: python plain_gan.py --epochs 50."""

import argparse
import math

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def get_parser():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--latent-dim", type=int, default=64)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--beta1", type=float, default=0.5)
    parser.add_argument("--log-interval", type=int, default=10)
    return parser


class Generator(nn.Module):
    def __init__(self, latent_dim, img_shape):
        super().__init__()
        self.img_shape = img_shape
        self.model = nn.Sequential(
            nn.Linear(latent_dim, 256),
            nn.BatchNorm1d(256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, 256),
            nn.BatchNorm1d(256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, math.prod(img_shape)),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.model(z).view(z.size(0), *self.img_shape)


class Discriminator(nn.Module):
    def __init__(self, img_shape):
        super().__init__()
        self.model = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(img_shape), 256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, 256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, 1),
        )

    def forward(self, img):
        return self.model(img)


def make_optimizers(args, generator, discriminator):
    betas = (args.beta1, 0.999)
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=args.lr, betas=betas)
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=args.lr, betas=betas)
    return optimizer_G, optimizer_D


def train(args, generator, discriminator, device, train_loader, optimizer_G, optimizer_D, epoch):
    adversarial_loss = nn.BCEWithLogitsLoss()
    for batch_idx, (real_imgs, _) in enumerate(train_loader):
        real_imgs = real_imgs.to(device)
        valid = torch.ones(real_imgs.size(0), 1, device=device)
        fake = torch.zeros(real_imgs.size(0), 1, device=device)

        optimizer_G.zero_grad()
        z = torch.randn(real_imgs.size(0), args.latent_dim, device=device)
        gen_imgs = generator(z)
        g_loss = adversarial_loss(discriminator(gen_imgs), valid)
        g_loss.backward()
        optimizer_G.step()

        optimizer_D.zero_grad()
        real_loss = adversarial_loss(discriminator(real_imgs), valid)
        fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()

        if batch_idx % args.log_interval == 0:
            print(f"epoch {epoch} batch {batch_idx} D loss {d_loss.item():.4f} G loss {g_loss.item():.4f}")


def main():
    args = get_parser().parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1  # in [-1, 1]
    dataset = TensorDataset(images, torch.tensor(load_digits().target))
    train_loader = DataLoader(dataset, batch_size=args.batch_size, shuffle=True, drop_last=True)
    generator = Generator(args.latent_dim, (1, 8, 8)).to(device)
    discriminator = Discriminator((1, 8, 8)).to(device)
    optimizer_G, optimizer_D = make_optimizers(args, generator, discriminator)
    for epoch in range(args.epochs):
        train(args, generator, discriminator, device, train_loader, optimizer_G, optimizer_D, epoch)
    torch.save(generator.state_dict(), "generator.pt")


if __name__ == "__main__":
    main()
