"""Which operations count as free: those whose work is proportional to the elements that they touch."""

from __future__ import annotations

import re

# First words of names, without `foreach_` and without underscores around them: the linear work that torch neither tags
# as pointwise, nor marks as a view, nor names after an operation that it does.
FREE = {
    "optimisers": "fused_adam fused_adamw fused_sgd fused_adagrad amp",
    "reductions": """
        all any amax amin aminmax argmax argmin count_nonzero cummax cummin cumprod cumsum dist linalg__powsum
        linalg_vector_norm log_softmax logcumsumexp logsumexp max mean median min mode nanmedian nansum norm
        powsum prod renorm safe_softmax segment_reduce softmax std sum trace var
    """,
    "normalisation, dropout, gates": """
        batch_norm cudnn_batch_norm fused_dropout fused_rms_norm masked_scale masked_scatter masked_select
        masked_softmax miopen_batch_norm native_batch_norm native_dropout native_group_norm native_layer_norm
        native_norm thnn_fused weight_norm_interface
    """,
    "pooling and interpolation": """
        adaptive_avg_pool adaptive_max_pool avg_pool cudnn_grid_sampler fractional_max_pool grid_sampler
        upsample
    """,
    "losses and activations": """
        binary_cross_entropy glu hardswish huber_loss log_sigmoid mse_loss multi_margin_loss
        multilabel_margin_loss nll_loss prelu_kernel rrelu smooth_l1_loss soft_margin_loss
    """,
    "random draws": """
        bernoulli binomial cauchy dirichlet_grad exponential geometric log_normal multinomial normal philox
        poisson rand randint randn random sample_dirichlet standard_gamma uniform
    """,
    "indexing and order": """
        bincount bucketize embedding gather histc histogram histogramdd index isin kthvalue nonzero put scatter
        searchsorted select sort take topk unique unsafe_index unsafe_masked_index
    """,
    "copies and layout": """
        as_strided block_diag cat channel_shuffle chunk_cat coalesce col2im complex constant_pad_nd copy
        cudnn_rnn_flatten_weight diag_embed diagonal empty_like fill flip full_like im2col lift new ones_like
        pack_padded_sequence pixel_shuffle pixel_unshuffle polar reflection_pad repeat replication_pad resize
        roll rot90 set slice stack to_dense to_sparse tril triu unsafe_split unsafe_view zero zeros_like
    """,
    "questions": """
        allclose assert fused_sdp_choice has_same_storage is linalg_check_errors local_scalar_dense
        record_stream
    """,
    "what is left of the pointwise": "addr floor_divide linalg_cross",
}

FIRST_WORDS = [word for words in FREE.values() for word in words.split()]
LINEAR = re.compile(rf"({'|'.join(FIRST_WORDS)})(_|\d|$)")
