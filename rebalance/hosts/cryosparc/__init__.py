"""Rebalance as an External job of CryoSPARC 5, by way of cryosparc-tools.

`connection` logs in, `sources` finds what the job that is named has to give, `project_files` brings
its files, `external_job` is the job that is made, `outputs` and `pictures` hand over the results.
"""
