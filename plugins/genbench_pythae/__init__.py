"""The models of pythae (Chadebec, Vincent and Allassonniere, 2022, arXiv 2206.08309), trained by its own trainers.

Nothing of a model is written here: networks, losses, optimisers and samplers are the library's. `batches` is its data
loader, so that the budget ends its loop; what it would print, write or change around it is kept from it.
"""
