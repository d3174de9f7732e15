import { usageError } from '../cli-error.js'
import type { Options, OptionValues } from '../line/option.js'
import { dnsName } from './names.js'

/** Of every command that writes what runs a service. */
export const MANIFEST_OPTIONS = {
  name: { kind: 'text', value: 'NAME', summary: 'of the service; without it that of the kernel' },
  port: { kind: 'list', value: 'PORT', summary: 'where the application listens; without it the ports of its servers' },
  'probe-port': {
    kind: 'count',
    value: 'PORT',
    summary: 'where probes are answered; without it what run() was given, else the first of its ports',
  },
  env: { kind: 'list', value: 'NAME[=VALUE]', summary: 'a variable; without a value it is a secret that is kept elsewhere' },
  margin: { kind: 'duration', value: 'SECONDS', summary: 'on top of what the process may take to end', default: '4s' },
  kind: {
    kind: 'choice',
    value: 'KIND',
    choices: ['service', 'job'],
    summary: 'what it is; without it a job is what serves nobody and has a task that ends the service when it is done',
  },
} as const satisfies Options

type Given = OptionValues<typeof MANIFEST_OPTIONS>

/** @throws CliError for a port or a variable that is none. */
export function checkedOptions(given: Given, kernelName: string) {
  const { name, port, env, margin } = given
  const probePort = given['probe-port']
  return {
    name: dnsName(name ?? kernelName),
    ports: port.map((text) => portOf('port', text)),
    probePort: probePort === undefined ? undefined : portOf('probe-port', String(probePort)),
    env: env.map(variableOf),
    margin,
  }
}

function portOf(option: string, text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw usageError(`--${option} must be a port from 1 to 65535, not "${text}"`)
}

function variableOf(text: string): string {
  const [name = ''] = text.split('=')
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return text
  throw usageError('--env must be NAME=VALUE, or NAME for what is kept elsewhere', 'names have letters, digits and underscores')
}
