/** Runs of the simulator in CI. */
export const SIMULATED_RUNS = 300_000
/** Lives of kernels through random calls of the public API in CI, with each run of the simulator. */
export const FUZZED_LIVES = 50_000
