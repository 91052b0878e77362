"""What stands below the tables of `benchmarks.noninferior`: how to read them, what was equal and what was not."""

VERDICTS = """\
Seeds give the median with the least and the most. The ratio is how many times as bad ours is: the Hodges-Lehmann shift
of the logarithms, with its 95 % interval. The verdict is the gate's shifted test (exact rank sums): NON-INFERIOR where
"worse by the margin or more" is rejected at 5 % (p), INFERIOR where "worse by less" is, else INCONCLUSIVE."""

PYTHAE = f"""\
{VERDICTS}
Of a bound in nats a quarter is much: a margin of a hundredth is judged besides.

Equal on both sides, seed by seed: networks and first weights (`vae`, `iwae`, `beta_vae`: two layers of 200 tanh units
each way, 50 latents; `vq_vae`: two strided convolutions each way, 7 x 7 codes), the 55,000 rows of mnist in [0, 1], the
examples, batches of 50, Adam (b1 0.9, b2 0.999, no decay), Bernoulli pixels (`vq_vae`: squared error). Before training
the losses on equal noise agree to 1e-4, and the lengths of the gradients of both objectives with them; after it,
pythae's own distortion and rate of a batch agree with what our evaluator reads from pythae's weights. Distances are of
the decoder's means, by our measure for both; pythae's are drawn by its own sampler.

Not equal: the order of rows and the noise (each side draws its own); ours clamps log variances to [-10, 10], pythae's
are free; ours updates all weights in one fused call. Pythae would keep the weights of its best epoch by training loss:
both sides are judged by those after the last. Its own defaults are not in play (networks of 512 ReLU units, squared
error without a variance, a rate of 1e-4, 10 importance samples, beta 1). `vq_vae`: pythae brings no prior with the
model, and one fitted afterwards would be a second model, so reconstructions of held-out rows are compared; ours trains
its prior beside, on codes that it cannot change, and puts entries that are not used back to use, which pythae does not;
pythae sums errors over pixels, so its commitment is set to weigh what ours does (its default of 0.25 weighs less)."""

LOOPS = f"""\
{VERDICTS}

Theirs is a plain training loop in torch, written down from the papers' algorithms (`benchmarks/plain_loops.py`) without
our harness: no meter, no stream, no captured or fused step, none of `genbench.steps`.

Equal on both sides, seed by seed: networks and first weights (`dcgan`: DCGAN's, a quarter of the channels, its
discriminator normalised; the others: the neutral convolutions), the 55,000 rows of mnist in [0, 1], the examples that
the discriminator sees, batches of 50, Adam and its settings, the generator's steps. Before training both losses and the
lengths of their gradients agree to 1e-4 on equal noise. Distances are of samples by the last weights, by our measure
for both.

Not equal: the order of rows and the noise (each side draws its own); ours takes no gradients of fakes in the
discriminator's step where the loop cuts them off, and updates all weights in one fused call."""
