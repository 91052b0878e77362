"""Train a variational autoencoder on the digits of scikit-learn with Lightning: python lit_vae.py."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class LitVAE(L.LightningModule):
    def __init__(self, size=64, hidden=256, latent=8, lr=2e-3):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.to_mean = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, size)
        )

    def forward(self, z):
        return torch.sigmoid(self.decoder(z))

    def training_step(self, batch, batch_idx):
        x, _ = batch
        h = self.encoder(x)
        mean, log_var = self.to_mean(h), self.to_log_var(h)
        z = mean + torch.randn_like(mean) * torch.exp(log_var / 2)
        bce = F.binary_cross_entropy_with_logits(self.decoder(z), x.flatten(1), reduction="sum") / len(x)
        kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1).mean()
        self.log_dict({"bce": bce, "kl": kl})
        return bce + kl

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


def main():
    images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
    dataset = TensorDataset(images, torch.tensor(load_digits().target))
    trainer = L.Trainer(max_epochs=50, gradient_clip_val=100.0)
    trainer.fit(LitVAE(), DataLoader(dataset, batch_size=128, shuffle=True, drop_last=True))


if __name__ == "__main__":
    main()
