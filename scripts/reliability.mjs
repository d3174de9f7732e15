/** Runs of the simulator in CI. */
export const SIMULATED_RUNS = 210_000
/** With this many runs of the simulator one kernel is led through random calls of the public API. */
export const RUNS_PER_LIFE = 6
/** Those kernels in CI. */
export const FUZZED_LIVES = SIMULATED_RUNS / RUNS_PER_LIFE
