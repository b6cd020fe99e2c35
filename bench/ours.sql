-- The whole nightly scoring of a day that is folded already; the rows of the time before go first, unmeasured.
call cs_health._score_day(current_date - 1, 0, 1, false);
