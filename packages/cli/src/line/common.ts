import type { Options } from './option.js'

/** Of every command. */
export const COMMON = {
  help: { kind: 'flag', short: 'h', summary: 'say what this command does' },
  'no-color': { kind: 'flag', summary: 'no colours; NO_COLOR=1 and FORCE_COLOR=1 in the environment are heard, too' },
} as const satisfies Options

/** Of every command that loads a module. */
export const MODULE_OPTIONS = {
  kernel: { kind: 'text', value: 'NAME', summary: 'which kernel, where the module has several: its name, or that of an export' },
  'env-file': { kind: 'file', value: 'FILE', summary: 'variables for the module, as of node --env-file' },
} as const satisfies Options

/** Of every command whose answer a program may read. */
export const JSON_OPTION = { json: { kind: 'flag', summary: 'JSON for programs' } } as const satisfies Options
