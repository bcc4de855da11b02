#!/bin/bash
# One long comparison on many nodes: a Dask scheduler and its workers in one allocation.
#
#   sbatch slurm.sh Class2D/job013
#
#SBATCH --job-name=rebalance
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=02:00:00
set -euo pipefail

job=${1:?Give a Class2D job, such as Class2D/job013}
folder=${SLURM_SUBMIT_DIR:-$PWD}/rebalance_${SLURM_JOB_ID:-0}
scheduler=$folder/scheduler.json
mkdir -p "$folder"

# Every node must see the cache, so that a run that is stopped goes on where it was.
export REBALANCE_CACHE_DIR=${REBALANCE_CACHE_DIR:-$folder/cache}

dask scheduler --scheduler-file "$scheduler" --port 0 --no-dashboard &
trap 'kill %1' EXIT
srun --kill-on-bad-exit=0 dask worker --scheduler-file "$scheduler" \
    --nworkers 1 --nthreads "${SLURM_CPUS_PER_TASK:-1}" --no-dashboard &

rebalance run "$job" -k auto -o "$folder/results" --executor dask --scheduler "$scheduler"
