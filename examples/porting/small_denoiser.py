"""Train a small denoising diffusion model on the digits of scikit-learn with Accelerate: python small_denoiser.py.

Ho, Jain & Abbeel, Denoising diffusion probabilistic models, NeurIPS 2020, arXiv 2006.11239; 100 steps.
"""

import math
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader


@dataclass
class TrainingConfig:
    train_batch_size: int = 128
    num_epochs: int = 50
    learning_rate: float = 2e-3
    lr_warmup_steps: int = 50
    max_grad_norm: float = 1.0
    gradient_accumulation_steps: int = 1
    mixed_precision: str = "no"
    cpu: bool = False


class Denoiser(nn.Module):
    def __init__(self, size=64, hidden=256):
        super().__init__()
        self.frequencies = [2**power for power in range(8)]
        self.net = nn.Sequential(
            nn.Linear(size + 16, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, size),
        )  # fmt: skip

    def forward(self, sample, timesteps):
        angles = [math.pi * timesteps / 100 * each / 2 for each in self.frequencies]
        time = torch.stack([f(each) for each in angles for f in (torch.sin, torch.cos)], dim=1)
        return self.net(torch.cat([sample.flatten(1), time], dim=1)).view_as(sample)


class NoiseScheduler:
    def __init__(self, steps=100):
        self.num_train_timesteps = steps
        betas = torch.linspace(1e-3, 0.12, steps)
        self.alphas, self.alphas_cumprod = 1 - betas, (1 - betas).cumprod(0)

    def add_noise(self, samples, noise, timesteps):
        kept = self.alphas_cumprod.to(samples.device)[timesteps].view(-1, 1, 1, 1)
        return kept.sqrt() * samples + (1 - kept).sqrt() * noise

    def step(self, noise_pred, t, sample):
        alpha, kept = self.alphas[t], self.alphas_cumprod[t]
        mean = (sample - (1 - alpha) / (1 - kept).sqrt() * noise_pred) / alpha.sqrt()
        return mean + (1 - alpha).sqrt() * torch.randn_like(sample) if t > 0 else mean


@torch.no_grad()
def generate(model, noise_scheduler, shape, device):
    sample = torch.randn(shape, device=device)
    for t in reversed(range(noise_scheduler.num_train_timesteps)):
        sample = noise_scheduler.step(model(sample, torch.full(shape[:1], t, device=device)), t, sample)
    return sample.clamp(-1, 1)


def train_loop(config, model, noise_scheduler, optimizer, train_dataloader, lr_scheduler):
    accelerator = Accelerator(
        cpu=config.cpu,
        mixed_precision=config.mixed_precision,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
    )
    model, optimizer, train_dataloader, lr_scheduler = accelerator.prepare(
        model, optimizer, train_dataloader, lr_scheduler
    )
    for _epoch in range(config.num_epochs):
        for batch in train_dataloader:
            clean_images = batch["images"]
            noise = torch.randn_like(clean_images)
            timesteps = torch.randint(
                0, noise_scheduler.num_train_timesteps, (clean_images.shape[0],), device=clean_images.device
            )
            noisy_images = noise_scheduler.add_noise(clean_images, noise, timesteps)
            with accelerator.accumulate(model):
                loss = F.mse_loss(model(noisy_images, timesteps), noise)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), config.max_grad_norm)
                optimizer.step()
                lr_scheduler.step()
                optimizer.zero_grad()
    return accelerator.unwrap_model(model)


def main():
    config = TrainingConfig()
    images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1
    dataset = [{"images": image} for image in images]
    loader = DataLoader(dataset, batch_size=config.train_batch_size, shuffle=True, drop_last=True)
    model = Denoiser()
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate)
    total = len(loader) * config.num_epochs
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 0.02, total_iters=config.lr_warmup_steps)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    lr_scheduler = torch.optim.lr_scheduler.ChainedScheduler([warmup, decay])
    model = train_loop(config, model, NoiseScheduler(), optimizer, loader, lr_scheduler)
    torch.save(model.state_dict(), "denoiser.pt")


if __name__ == "__main__":
    main()
