#!/usr/bin/env python3
"""What scikit-learn says of 1,000 random samples: metrics.py > metrics.csv

The samples come from whole numbers and single IEEE operations, so that SQL repeats them to the last bit; what draws()
and samples() do here, test/pgtap/metrics.sql does there. scikit-learn has no lift and no calibration error: these are
computed from its bins, or with numpy, another way than the extension does.
"""
import csv
import sys
import warnings

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

GRIDS = [1, 2, 4, 10, 20, 64, 1000, 1000000]
UNITS = [1.0, 0.125, 1e-300, 1e300]
FRACTIONS = [0.01, 0.1, 0.2, 0.5, 1.0]


def draws():
    """The generator of Park and Miller, with the factor of 1993"""
    x = 1
    while True:
        x = x * 48271 % 2147483647
        yield x


def samples():
    """Up to 300 rows each, scores on a coarse or fine grid; in one of 20 no event, in one of 20 nothing else"""
    draw = draws()
    for number in range(1, 1001):
        rows = 1 + next(draw) % (5 if number % 10 == 0 else 300)
        grid = GRIDS[next(draw) % len(GRIDS)]
        unit = UNITS[next(draw) % len(UNITS)]
        kind = next(draw) % 20
        share = next(draw)
        fraction = FRACTIONS[share % 5] if number % 2 == 0 else (share % 1000 + 1) / 1000.0
        steps = []
        labels = []
        for _ in range(rows):
            step = next(draw) % (grid + 1)
            luck = next(draw)
            steps.append(step)
            # kind 0: none, 1: all, up to 7: one in four whatever the score, else the more the higher the score
            labels.append(kind == 1 or (kind > 1 and (luck % 4 == 0 if kind < 8 else luck % (grid + 2) <= step)))
        steps = np.array(steps)
        yield (number, np.array(labels), (2.0 * steps - grid) * unit, steps / float(grid), fraction, int(steps.sum()))


def calibration_error(labels, probabilities):
    observed, predicted = calibration_curve(labels, probabilities, n_bins=10, pos_label=True)
    edges = np.linspace(0.0, 1.0, 11)
    bins = np.searchsorted(edges[1:-1], probabilities)
    shares = np.unique(bins, return_counts=True)[1] / len(labels)
    return np.sum(shares * np.abs(observed - predicted))


def lift(labels, scores, fraction):
    values, places, tied = np.unique(scores, return_inverse=True, return_counts=True)
    above = tied[::-1].cumsum()[::-1] - tied
    taken = np.clip((fraction * len(labels) - above) / tied, 0, 1)[places]
    return np.average(labels, weights=taken) / labels.mean()


def main():
    warnings.simplefilter("error")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["sample", "rows", "events", "steps", "roc_auc", "pr_auc", "brier_score", "log_loss",
                  "calibration_error", "lift_at"])
    for number, labels, scores, probabilities, fraction, steps in samples():
        figures = [
            roc_auc_score(labels, scores) if 0 < labels.sum() < len(labels) else None,
            average_precision_score(labels, scores) if labels.any() else None,
            brier_score_loss(labels, probabilities, pos_label=True),
            log_loss(labels, probabilities, labels=[False, True]),
            calibration_error(labels, probabilities),
            lift(labels, scores, fraction) if labels.any() else None,
        ]
        out.writerow([number, len(labels), int(labels.sum()), steps]
                     + ["" if x is None else repr(float(x)) for x in figures])


if __name__ == "__main__":
    main()
