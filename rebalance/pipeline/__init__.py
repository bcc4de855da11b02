"""The steps of each command in order: read, compare, group, select, write.

    formats.read ─► Dataset ─► curation ─► Classes ─► engine ─► Affinity
                 ─► clusterings ─► Superclasses ─► strategies ─► Selection
                 ─► formats.write, figures, report, record

Each step is another room's; here they meet. What a run does, in order, is `run_job`; `dry_run`
says what it would do, `scan_job` tries numbers of superclasses, and `rerun` repeats a run from its
record. All begin with `prepare`, which goes as far as one can without comparing averages, and go
on with `steps`, from the affinity to superclasses and particles.
"""
