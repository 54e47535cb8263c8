#!/bin/sh
# The run that the AOT cache is made from. Called by build/dist.sh with WEIR_AOT_TRAINING set.
set -eu
cd "$(dirname "$0")/.."
exec dist/bin/weir --help
