"""Denoising diffusion by Hugging Face's diffusers: its network, its schedules, its averages; nothing is downloaded."""
