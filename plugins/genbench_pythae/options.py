"""What can be set of a pythae model: the fields of its own configuration, with the ranges in which they make sense."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

RANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "reconstruction_loss": ("what reconstructions are compared by", {}),
    "beta": ("weight of the divergence", {"ge": 0, "le": 100}),
    "alpha": ("weight of the mutual information", {"ge": 0, "le": 10}),
    "gamma": ("weight of the total correlation", {"ge": 0, "le": 100}),
    "lbd": ("weight of the discrepancy", {"ge": 0, "le": 100}),
    "C": ("nats at which the divergence is held", {"ge": 0, "le": 500}),
    "warmup_epoch": ("epochs over which C grows", {"ge": 1, "le": 10_000}),
    "number_samples": ("importance samples", {"ge": 1, "le": 200}),
    "number_gradient_estimates": ("estimates of the gradient that are averaged", {"ge": 1, "le": 50}),
    "number_components": ("components of the prior", {"ge": 1, "le": 2000}),
    "linear_scheduling_steps": ("epochs over which the divergence's weight grows", {"ge": 0, "le": 10_000}),
    "n_lf": ("leapfrog steps", {"ge": 1, "le": 50}),
    "eps_lf": ("size of a leapfrog step", {"gt": 0, "le": 1}),
    "beta_zero": ("temperature at the start", {"gt": 0, "le": 1}),
    "temperature": ("of the metric", {"gt": 0, "le": 10}),
    "regularization": ("of the metric", {"gt": 0, "le": 10}),
    "n_made_blocks": ("autoregressive blocks of the posterior", {"ge": 1, "le": 20}),
    "hidden_size": ("hidden units of a block", {"ge": 1, "le": 4096}),
    "kernel_choice": ("kernel of the discrepancy", {}),
    "kernel_bandwidth": ("of the kernel", {"gt": 0, "le": 100}),
    "reg_weight": ("weight of the regulariser", {"ge": 0, "le": 1000}),
    "embedding_weight": ("weight of the codes' length", {"ge": 0, "le": 1000}),
    "adversarial_loss_scale": ("weight of the critic's loss", {"ge": 0, "le": 1}),
    "equilibrium": ("the critic's loss at which both players move", {"gt": 0, "le": 2}),
    "margin": ("about the equilibrium", {"ge": 0, "le": 2}),
    "num_embeddings": ("codes", {"ge": 2, "le": 65_536}),
    "commitment_loss_factor": ("weight of the commitment", {"ge": 0, "le": 10}),
    "use_ema": ("whether codes are moving averages", {}),
    "decay": ("of the moving averages", {"ge": 0, "le": 1}),
    "curvature": ("of the ball", {"gt": 0, "le": 10}),
    "window_size": ("pixels a side of the similarity's window", {"ge": 1, "le": 31}),
}


class Shared(BaseModel):
    """What can be set of every model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    latent: int = Field(10, ge=2, le=1024, description="latent dimensions")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="of every Adam; 1e-3 as in the library's README")
    networks: Literal["default", "neutral"] = Field("default", description="the library's perceptrons, or genbench's")
    batch_size: int = Field(128, ge=1, description="rows of a hand-out")


def options_of(config: type[Any]) -> type[Shared]:
    """Return the options of a model: those of every one and the fields of its configuration."""
    declared: dict[str, Any] = {}
    for name, given in config.__pydantic_fields__.items():
        if name in RANGES:
            description, bounds = RANGES[name]
            declared[name] = (given.annotation, Field(given.default, description=description, **bounds))
    return create_model(f"{config.__name__}Options", __base__=Shared, **declared)
