import { usageError } from '../cli-error.js'
import { drill as drillService } from '../drill/drill.js'
import { junit } from '../drill/report/junit.js'
import { table } from '../drill/report/table.js'
import { SCENARIOS, type ScenarioName } from '../drill/scenarios/facts.js'
import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION } from '../line/common.js'
import { json } from '../output/json.js'
import { assertWritable, writeOutput } from '../output/output-file.js'

export const drill = command({
  name: 'drill',
  summary:
    'what clients lose when a service, any of Node, is told to end: starts it, puts load on it and ends it, again and again',
  operands: [],
  takesRest: true,
  options: {
    port: {
      kind: 'count',
      value: 'PORT',
      summary: 'where it takes requests, where it listens on several ports or cannot be seen',
    },
    path: { kind: 'list', value: 'PATH', summary: 'what is asked for with GET, / without' },
    header: { kind: 'list', value: '"NAME: VALUE"', summary: 'sent with every request' },
    ready: { kind: 'text', value: 'PATH', summary: 'where it says whether it is ready: /readyz, :9090/readyz or a URL' },
    connections: { kind: 'count', value: 'N', default: '20', summary: 'connections that are kept' },
    rate: { kind: 'count', value: 'N', default: '200', summary: 'requests per second; every fifth on a connection of its own' },
    grace: { kind: 'duration', value: 'SECONDS', default: '10', summary: 'from a signal to SIGKILL, as the platform gives it' },
    notice: {
      kind: 'duration',
      value: 'SECONDS',
      default: '1',
      summary: 'what a balancer needs to notice that --ready is not so any more',
    },
    'start-timeout': { kind: 'duration', value: 'SECONDS', default: '30', summary: 'from its start to its first answer' },
    'max-lost': { kind: 'count', value: 'N', default: '0', summary: 'requests that a scenario may lose' },
    'max-time': { kind: 'duration', value: 'SECONDS', summary: 'from a signal to the end, the grace without' },
    'exit-code': { kind: 'list', value: 'CODE', summary: 'one that is no failure, besides 0 and that of the signal' },
    dependency: { kind: 'list', value: 'NAME=HOST:PORT', summary: 'what it reaches over TCP, and the variable that says where' },
    scenario: { kind: 'list', value: 'NAME', summary: 'only this one' },
    skip: { kind: 'list', value: 'NAME', summary: 'all but this one' },
    'no-preload': { kind: 'flag', summary: 'do not ask Node who ends it and who listens for signals' },
    junit: { kind: 'file', value: 'FILE', summary: 'the report as JUnit, written to a file' },
    ...JSON_OPTION,
  },
  notes: [
    `Scenarios: ${SCENARIOS.join(', ')}; those of dependencies only with --dependency.`,
    'Each has a process of its own, which gets its variables from here and --require of a hook in NODE_OPTIONS. It is lost what was sent and never answered: in flight, the service had read it; accepted, the operating system had, on a new connection; on the wire, on a kept one, or, with --ready, its connection was refused before a balancer could notice. Exit code 1 when a threshold is passed, 4 when it does not start.',
  ],
  examples: [
    'keelson drill -- node server.js',
    'keelson drill --grace 30 --ready /readyz --path /orders --junit drill.xml -- npm start',
    'keelson drill --dependency DATABASE_URL=127.0.0.1:5432 -- node dist/main.js',
  ],
  async run(io, { options, rest }) {
    const signal = io.interrupted()
    // Before all that takes minutes.
    if (options.junit !== undefined) assertWritable(io.cwd, options.junit)
    try {
      const report = await drillService({
        command: rest,
        cwd: io.cwd,
        env: io.env,
        signal,
        connections: atLeastOne('connections', options.connections),
        rate: atLeastOne('rate', options.rate),
        grace: options.grace,
        notice: options.notice,
        startTimeout: options['start-timeout'],
        maxLost: options['max-lost'],
        headers: options.header.map(header),
        exitCodes: options['exit-code'].map(exitCode),
        dependencies: options.dependency,
        preload: !options['no-preload'],
        scenarios: chosen(options.scenario, options.skip, options.dependency.length > 0),
        onScenario: (name) => io.err(io.paintErr.dim(`drill: ${name}`)),
        ...(options.path.length > 0 && { paths: options.path.map(path) }),
        ...(options.port !== undefined && { port: port(options.port) }),
        ...(options.ready !== undefined && { ready: options.ready }),
        ...(options['max-time'] !== undefined && { maxTime: options['max-time'] }),
      })
      io.out(options.json ? json(report) : table(report, io.paint))
      if (options.junit !== undefined) writeOutput(io.cwd, options.junit, junit(report))
      return report.ok ? EXIT.ok : EXIT.no
    } catch (error) {
      if (!signal.aborted) throw error
      io.err(`${io.paintErr.red('keelson:')} the drill was given up; what it had started was ended`)
      return EXIT.interrupted
    }
  },
})

function chosen(only: readonly string[], skipped: readonly string[], hasDependencies: boolean): ScenarioName[] {
  const unknown = [...only, ...skipped].find((name) => !SCENARIOS.includes(name as ScenarioName))
  if (unknown !== undefined) throw usageError(`there is no scenario "${unknown}"`, `there are ${SCENARIOS.join(', ')}`)
  const all = only.length > 0 ? SCENARIOS.filter((name) => only.includes(name)) : SCENARIOS.filter(canBePlayed)
  const left = all.filter((name) => !skipped.includes(name))
  if (left.length === 0) throw usageError('no scenario is left')
  return left

  function canBePlayed(name: ScenarioName): boolean {
    return hasDependencies || !name.startsWith('dependency-')
  }
}

function atLeastOne(name: string, value: number): number {
  if (value < 1) throw usageError(`--${name} is at least 1`)
  return value
}

function port(value: number): number {
  if (value < 1 || value > 65_535) throw usageError(`--port ${value} is none`, 'it is a number from 1 to 65535')
  return value
}

function path(text: string): string {
  if (!/^\/[!-~]*$/.test(text)) throw usageError(`--path ${text} is no path`, 'it begins with / and is written as in a URL')
  return text
}

function header(text: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+:[\t -~]*$/.test(text)) throw usageError('--header has a value that is none', 'it is "name: value"')
  return text
}

function exitCode(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw usageError(`--exit-code ${text} is none`, 'it is a number from 0 to 255')
  return Number(text)
}
