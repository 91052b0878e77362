"""A feature space that standardises by the batch."""


class Sociable:
    name = "another"
    dimension = 64
    hash = "version 1"

    def __call__(self, rows):
        flat = rows.reshape(len(rows), -1).astype("f8")
        return (flat - flat.mean(axis=0)) / 255


def extractor():
    return Sociable()
