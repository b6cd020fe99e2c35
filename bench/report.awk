# The table of ratios from lines "name round start end"; a ratio is taken pair by pair, then its median and spread.

function sorted(from, n, to, i, j, x) {
	for (i = 1; i <= n; i++) to[i] = from[i]
	for (i = 2; i <= n; i++) for (j = i; j > 1 && to[j] < to[j - 1]; j--) { x = to[j]; to[j] = to[j - 1]; to[j - 1] = x }
}
function median(name, i, list, v) {
	for (i = 1; i <= n[name]; i++) list[i] = t[name, i]
	sorted(list, n[name], v)
	return v[int((n[name] + 1) / 2)]
}
function seconds(name, what, i, list, v) {
	if (!n[name]) return
	for (i = 1; i <= n[name]; i++) list[i] = t[name, i]
	sorted(list, n[name], v)
	printf "%-48s %9.3f  (%.3f - %.3f)\n", what, v[int((n[name] + 1) / 2)], v[1], v[n[name]]
}
function ratio(a, b, what, target, i, list, v) {
	if (!n[a]) return
	for (i = 1; i <= n[a]; i++) list[i] = t[a, i] / t[b, i]
	sorted(list, n[a], v)
	printf "%-60s %8.2f  (%.2f - %.2f)  %s\n", what, v[int((n[a] + 1) / 2)], v[1], v[n[a]], target
}
function figure(value, what, target) {
	if (!value) return
	printf "%-60s %8.2f  %s\n", what, value, target
}

{ t[$1, $2] = $4 - $3; n[$1] = $2 }

END {
	print ""
	printf "%-48s %9s  %s\n", "seconds, " raw " tenants with raw rows", "median", "(min - max)"
	seconds("raw_fold", "fold of a day")
	seconds("raw_run", "run")
	seconds("raw_ingest", "insert of a day of raw rows with their index")
	seconds("presence_ingest", "a day into the presence tables")
	seconds("count_distinct", "count(distinct)")
	seconds("two_level", "two-level GROUP BY")
	seconds("presence_table", "presence tables")
	seconds("python_raw", "Python from raw rows")
	print ""
	printf "%-48s %9s  %s\n", "seconds, " scale " tenants", "median", "(min - max)"
	seconds("fold", "fold of a day")
	seconds("plain", "plain insert of the same rows")
	seconds("keyed", "insert into a keyed table")
	seconds("run", "run, fresh table")
	seconds("run_unpredicted", "run without predictions, fresh table")
	seconds("slices", "run in two slices, fresh table")
	seconds("ready_vectors", "from ready vectors, fresh table")
	seconds("floor", "floor, fresh table")
	seconds("run_loaded", "run, loaded table")
	seconds("run_watching", "run watching for ten playbooks, loaded table")
	seconds("run_unwatched", "the same run watching for none")
	seconds("run_first_signals", "run that finds a signal of one in twenty")
	seconds("run_detecting", "run that brings them up to date")
	seconds("run_undetected", "the same run without looking for signals")
	seconds("ready_loaded", "from ready vectors, loaded table")
	seconds("floor_loaded", "floor, loaded table")
	seconds("python_ready", "Python from ready measures")
	seconds("rescore", 4 * scale " stored tenant-days scored again")
	seconds("scan_vectors", "reading their vectors")
	seconds("trial", "the same for a preview, with who left")
	seconds("trial_stored", "the same without scoring again")
	seconds("giant_day", "fold of a day of a tenant of " giant " users")
	seconds("giant_event", "fold of one late event of that tenant")
	seconds("revenue", "revenue by month of " 24 * scale " movements")
	seconds("revenue_scan", "bare grouped scan of them")
	print ""
	printf "%-48s %9s  %s\n", "seconds, logistic regression of " logit_rows " rows", "median", "(min - max)"
	for (features = 12; features <= 32; features += 20) {
		all = "logit_python_" features
		for (i = 1; i <= n["logit_" features]; i++)
			t[all, i] = t["logit_python_export_" features, i] + t["logit_python_parse_" features, i] + t["logit_python_fit_" features, i]
		n[all] = n["logit_" features]
		seconds("logit_" features, "logit_fit, " features " features")
		seconds("logit_python_export_" features, "COPY to Python")
		seconds("logit_python_parse_" features, "parsed by pandas")
		seconds("logit_python_fit_" features, "fitted by scikit-learn")
	}
	print ""
	printf "%-60s %8s  %s\n", "ratio", "median", "(min - max)  target"
	best = median("count_distinct") < median("two_level") ? "count_distinct" : "two_level"
	ratio(best, "raw_run", best " / run", ">= 70")
	ratio("presence_table", "raw_run", "presence tables / run", "")
	for (i = 1; i <= n["raw_run"]; i++) {
		t["raw_both", i] = t["raw_fold", i] + t["raw_run", i]
		t["best_both", i] = t["raw_ingest", i] + t[best, i]
		t["presence_both", i] = t["presence_ingest", i] + t["presence_table", i]
		t["tenant_raw", i] = t["raw_run", i] / raw
	}
	for (i = 1; i <= n["run"]; i++) t["tenant", i] = t["run", i] / scale
	n["raw_both"] = n["best_both"] = n["presence_both"] = n["tenant_raw"] = n["raw_run"]
	n["tenant"] = n["run"]
	ratio("best_both", "raw_both", "ingest + " best " / fold + run", "")
	ratio("presence_both", "raw_both", "ingest + presence tables / fold + run", "")
	ratio("python_raw", "raw_run", "Python from raw rows / run", ">= 100")
	ratio("python_ready", "ready_vectors", "Python from ready measures / from ready vectors", ">= 8")
	ratio("ready_vectors", "floor", "from ready vectors / floor, fresh", "<= 1.4")
	ratio("ready_loaded", "floor_loaded", "from ready vectors / floor, loaded", "<= 1.4")
	ratio("run", "floor", "run / floor, fresh", "<= 2.0")
	ratio("run_loaded", "floor_loaded", "run / floor, loaded", "<= 2.0")
	ratio("tenant", "tenant_raw", "cost per tenant, " scale " / " raw, "<= 1.25")
	ratio("run", "run_unpredicted", "run / run without predictions, fresh", "<= 1.15")
	ratio("run_watching", "run_unwatched", "run with ten playbooks / run without, loaded", "<= 1.20")
	ratio("run_detecting", "run_undetected", "run with expansion signals / run without, loaded", "<= 1.15")
	ratio("run_first_signals", "run_undetected", "run on which all of them are new / run without", "")
	ratio("run", "slices", "one slice / two slices", "")
	ratio("fold", "plain", "fold / plain insert", "<= 3.5")
	ratio("keyed", "fold", "keyed insert / fold", ">= 2")
	ratio("rescore", "scan_vectors", "scoring stored days again / reading their vectors", "<= 2")
	ratio("trial", "trial_stored", "days of a preview / the same without scoring", "<= 2")
	ratio("revenue", "revenue_scan", "revenue by month / bare grouped scan", "< 3")
	ratio("logit_python_12", "logit_12", "Python with scikit-learn / logit_fit, 12 features", ">= 5")
	ratio("logit_python_32", "logit_32", "Python with scikit-learn / logit_fit, 32 features", ">= 6")
	ratio("logit_python_fit_12", "logit_12", "scikit-learn alone / logit_fit, 12 features", ">= 1")
	ratio("logit_python_fit_32", "logit_32", "scikit-learn alone / logit_fit, 32 features", "")
	print ""
	printf "%-60s %8s  %s\n", "figure", "", "target"
	figure(per_user, "activity, bytes per user with index and free space", "<= 75")
	figure(hot, "updates of activity in place (HOT), %", "")
	figure(per_row, "customer_health, bytes per tenant and day with indexes", "<= 340")
	figure(peak / 1024, "memory of a run beside shared buffers, MB", "< 200")
	figure(p50, "health_now, 8 clients, median, ms", "")
	figure(p99, "health_now, 8 clients, p99, ms", "< 4")
	figure(1000 * median("giant_event"), "late event of a tenant of " giant " users, ms", "< 2")
	figure(median("giant_day"), "day of a tenant of " giant " users, s", "< 1")
}
