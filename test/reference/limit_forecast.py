#!/usr/bin/env python3
"""What statsmodels says of 200 random series of usage: limit_forecast.py > limit_forecast.csv

Per series the points, the limit, the slope, the line in 90 days, and the first days that the line and both ends of the
80 % prediction interval (obs_ci_lower, obs_ci_upper of get_prediction) are at the limit. Series of which one of these
comes within 1e-6 of the limit on some day are drawn again, so that no rounding decides. With an argument it prints the quantiles of scipy.stats.t that test/unit/student.c has.
"""
import csv
import random
import sys

import numpy as np
import scipy.stats
import statsmodels.api as sm

HORIZON = 365


def first_day(values, limit):
    reached = np.nonzero(values >= limit)[0]
    return int(reached[0]) if len(reached) else ""


def series(draw):
    n = draw.randint(5, 60)
    span = draw.randint(14, 120)
    days = sorted([-span, 0] + [draw.randint(-span, 0) for _ in range(n - 2)])
    slope = draw.choice([-1, 0.05, 0.2, 1, 3]) * draw.random()
    noise = draw.choice([0.1, 1, 5, 20])
    used = [max(0, round(100 + slope * (d + span) + draw.gauss(0, noise), 3)) for d in days]
    return days, used, round(max(used) + draw.choice([1, 5, 20, 60, 200]) * draw.random() + 0.001, 3)


def main():
    draw = random.Random(7)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow("days used limit_value growth used_at_90 days_to_limit days_from days_until".split())
    ahead = np.arange(0, HORIZON + 1)
    rows = 0
    while rows < 200:
        days, used, limit = series(draw)
        fit = sm.OLS(np.array(used), sm.add_constant(np.array(days, float))).fit()
        frame = fit.get_prediction(sm.add_constant(ahead.astype(float), has_constant="add")).summary_frame(alpha=0.2)
        ends = [frame["mean"].to_numpy(), frame["obs_ci_upper"].to_numpy(), frame["obs_ci_lower"].to_numpy()]
        if any(np.abs(e - limit).min() < 1e-6 for e in ends):
            continue
        slope = fit.params[1]
        found = [first_day(e, limit) for e in ends] if slope > 0 else ["", "", ""]
        out.writerow(["{%s}" % ",".join(map(str, days)), "{%s}" % ",".join(map(str, used)), limit, repr(float(slope)),
                      repr(float(max(0, ends[0][90])))] + found)
        rows += 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for df in (1, 2, 3, 4, 5, 10, 11, 30, 58, 99, 100, 500, 997, 998):
            print(df, *("%.15g" % scipy.stats.t.ppf((1 + c) / 2, df) for c in (0.5, 0.8, 0.95, 0.999)))
    else:
        main()
