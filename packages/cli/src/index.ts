export { CliError } from './cli-error.js'
export { EXIT, type ExitCode } from './exit-codes.js'
export { type Loaded, type LoadOptions, loadKernel } from './load/load-kernel.js'
export type { Claim } from './load/reader.js'
