#!/usr/bin/env bash
# One call of under nine minutes on a bare CUDA machine: GPU tests, then training beside a CUDA graph and a plain loop
# written by hand, then both models in every precision, with and without compilation. Figures go to the folder that OUT names (default results/gpu) as JSON and as a table.
#
#   benchmarks/gpu.sh pack     here: gather data and wheels that the machine may lack into .gpu/, which git ignores
#   benchmarks/gpu.sh          there: from the checkout alone, without a network
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
PACK=.gpu
TARGET=${GPU_PYTHON:-3.12} # the machine's Python, for `pack`
WHEELS="pandas tabulate rich markdown-it-py mdurl pygments pytest-benchmark py-cpuinfo2 hatchling pathspec trove-classifiers pluggy
        python-dateutil six tzdata pytest-timeout hypothesis sortedcontainers pydantic pydantic-core annotated-types
        typing-inspection typing-extensions click pillow psutil nvidia-ml-py packaging array-api-compat prdc"

pack() {
  mkdir -p "$PACK/wheels" "$PACK/data/fashion-mnist"
  cp "${GENBENCH_DATA:-../shared/data}"/fashion-mnist/*.gz "$PACK/data/fashion-mnist/"
  for name in $WHEELS; do
    "$PYTHON" -m pip download --quiet --no-deps --only-binary=:all: --python-version "$TARGET" --implementation cp \
      --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 \
      --platform manylinux2014_x86_64 --platform any --dest "$PACK/wheels" --constraint constraints.txt "$name" ||
      echo "no wheel of $name: it must be on the machine"
  done
  du -sh "$PACK"
}

measure() {
  local site out
  site=$(mktemp -d)
  out=${OUT:-results/gpu}
  mkdir -p "$out"
  if compgen -G "$PACK/wheels/*.whl" >/dev/null; then
    "$PYTHON" -m pip install --quiet --no-index --no-deps --no-compile --target "$site" "$PACK"/wheels/*.whl
  fi
  export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
  "$PYTHON" -m pip install --quiet --no-index --no-deps --no-build-isolation --target "$site" --upgrade .
  export GENBENCH_DATA=${GENBENCH_DATA:-$PWD/$PACK/data} GENBENCH_CACHE="$site/cache"
  nvidia-smi || true
  timeout 150 "$PYTHON" -m pytest -m gpu tests -q --junitxml "$out/tests.xml" | tee "$out/tests.txt" || true
  timeout 330 "$PYTHON" benchmarks/gpu.py --output "$out"
}

case "${1:-measure}" in
  pack) pack ;;
  measure) measure ;;
  *) echo "usage: benchmarks/gpu.sh [pack]" >&2; exit 2 ;;
esac
