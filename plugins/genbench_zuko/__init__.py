"""The flows of zuko (Rozet and others, 2022, github.com/probabilists/zuko), and its mixture, by maximum likelihood.

Networks, transforms and densities are the library's; it has no trainer, so the loop is the one of its tutorials: Adam
on -log p(x). Likelihoods are exact for points; images are dequantised, so that theirs is a bound on bytes.
"""
