"""Networks apart from objectives: the same encoder and decoder for whichever model asks, by kind of task and shape.

    network = encoder(task, outputs=1, size=neutral_size(task))      # [n, *task.shape] -> [n, 1]
    network = decoder(task, inputs=64, size=neutral_size(task))      # [n, 64] -> [n, *task.shape], of any range

Models that are built on these differ in their objectives alone. Nothing here is compulsory for a plugin.
"""

from genbench.backbones.neutral import Size, decoder, encoder, is_convolutional, neutral_size

__all__ = ["Size", "decoder", "encoder", "is_convolutional", "neutral_size"]
