"""Rebalance as an External job of RELION 3.1, 4 and 5.

RELION runs, in the project folder, what stands in the field *External executable*:

    rebalance relion --o External/job007/ --in_parts F [--in_3dref F …] [--label value …] --j N

The folder is there, with RELION's own files. The job leaves its results in it, the list of those
that the next job may take, and last of all a file that says how it ended.
"""
