"""Every model of pythae that is exported; the entry points name these objects."""

from __future__ import annotations

from pythae.samplers import HypersphereUniformSampler, PoincareDiskSampler, VAMPSampler
from pythae.trainers import AdversarialTrainer, CoupledOptimizerAdversarialTrainer, CoupledOptimizerTrainer

from genbench_pythae.adapter import Adapter
from genbench_pythae.papers import FROM_TO, TIGHTER, Paper

# ----------------------------------------------------------------------------------------------------------------------
# Bounds and their estimates

vae = Adapter("VAE")
iwae = Adapter("IWAE", Paper("Importance Weighted Autoencoders", "Yuri Burda et al.", 2016, "1509.00519"))
miwae = Adapter("MIWAE", TIGHTER)
piwae = Adapter("PIWAE", TIGHTER, trainer=CoupledOptimizerTrainer)
ciwae = Adapter("CIWAE", TIGHTER)

# ----------------------------------------------------------------------------------------------------------------------
# Divergences weighed and taken apart

beta_vae = Adapter(
    "BetaVAE",
    Paper("Early Visual Concept Learning with Unsupervised Deep Learning", "Irina Higgins et al.", 2016, "1606.05579"),
)
disentangled_beta_vae = Adapter(
    "DisentangledBetaVAE",
    Paper("Understanding Disentangling in beta-VAE", "Christopher P. Burgess et al.", 2018, "1804.03599"),
)
beta_tc_vae = Adapter(
    "BetaTCVAE",
    Paper("Isolating Sources of Disentanglement in VAEs", "Ricky T. Q. Chen et al.", 2018, "1802.04942"),
)
factor_vae = Adapter(
    "FactorVAE",
    Paper("Disentangling by Factorising", "Hyunjik Kim, Andriy Mnih", 2018, "1802.05983"),
    trainer=AdversarialTrainer,
)
infovae_mmd = Adapter(
    "INFOVAE_MMD",
    Paper("InfoVAE: Information Maximizing Variational Autoencoders", "Shengjia Zhao et al.", 2017, "1706.02262"),
    config="INFOVAE_MMD_Config",
)

# ----------------------------------------------------------------------------------------------------------------------
# Priors, posteriors and the spaces they live in

vamp = Adapter(
    "VAMP",
    Paper("VAE with a VampPrior", "Jakub M. Tomczak, Max Welling", 2018, "1705.07120"),
    sampler=VAMPSampler,
)
vae_lin_nf = Adapter(
    "VAE_LinNF",
    Paper("Variational Inference with Normalizing Flows", "Danilo Rezende, Shakir Mohamed", 2015, "1505.05770"),
    config="VAE_LinNF_Config",
)
vae_iaf = Adapter(
    "VAE_IAF",
    Paper(
        "Improved Variational Inference with Inverse Autoregressive Flow",
        "Diederik P. Kingma et al.",
        2016,
        "1606.04934",
    ),
    config="VAE_IAF_Config",
)
hvae = Adapter(
    "HVAE",
    Paper("Hamiltonian Variational Auto-Encoder", "Anthony L. Caterini et al.", 2018, "1805.11328"),
    is_of_errors=True,
)
rhvae = Adapter(
    "RHVAE",
    Paper("Geometry-Aware Hamiltonian Variational Auto-Encoder", "Clement Chadebec et al.", 2020, "2010.11518"),
    is_mixed=False,
)
svae = Adapter(
    "SVAE",
    Paper("Hyperspherical Variational Auto-Encoders", "Tim R. Davidson et al.", 2018, "1804.00891"),
    code="sphere",
    sampler=HypersphereUniformSampler,
    is_mixed=False,
)
pvae = Adapter(
    "PoincareVAE",
    Paper("Continuous Hierarchical Representations with Poincare VAEs", "Emile Mathieu et al.", 2019, "1901.06033"),
    sampler=PoincareDiskSampler,
    is_mixed=False,
)

# ----------------------------------------------------------------------------------------------------------------------
# Critics and other likenesses of images

adversarial_ae = Adapter(
    "Adversarial_AE",
    Paper("Adversarial Autoencoders", "Alireza Makhzani et al.", 2015, "1511.05644"),
    config="Adversarial_AE_Config",
    trainer=AdversarialTrainer,
)
vaegan = Adapter(
    "VAEGAN",
    Paper("Autoencoding beyond Pixels using a Learned Similarity Metric", "Anders Larsen et al.", 2016, "1512.09300"),
    trainer=CoupledOptimizerAdversarialTrainer,
)
msssim_vae = Adapter(
    "MSSSIM_VAE",
    Paper("Learning to Generate Images with Perceptual Similarity Metrics", "Jake Snell et al.", 2017, "1511.06409"),
)

# ----------------------------------------------------------------------------------------------------------------------
# Deterministic codes

ae = Adapter("AE", FROM_TO, code="point", sampler=None)
wae_mmd = Adapter(
    "WAE_MMD",
    Paper("Wasserstein Auto-Encoders", "Ilya Tolstikhin et al.", 2018, "1711.01558"),
    config="WAE_MMD_Config",
    code="point",
)
rae_l2 = Adapter("RAE_L2", FROM_TO, config="RAE_L2_Config", code="point", trainer=CoupledOptimizerTrainer, sampler=None)
rae_gp = Adapter("RAE_GP", FROM_TO, config="RAE_GP_Config", code="point", sampler=None)
vqvae = Adapter(
    "VQVAE",
    Paper("Neural Discrete Representation Learning", "Aaron van den Oord et al.", 2017, "1711.00937"),
    code="point",
    sampler=None,
)
