import { resolve } from 'node:path'
import { usageError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION, MODULE_OPTIONS } from '../line/common.js'
import { load } from '../load/load.js'
import { duration } from '../output/durations.js'
import type { Io } from '../output/io.js'
import { json } from '../output/json.js'
import { assertWritable, writeOutput } from '../output/output-file.js'
import { bars } from '../timeline/bars.js'
import { compare } from '../timeline/compare.js'
import { comparisonText } from '../timeline/comparison-text.js'
import { type Measured, medianOf } from '../timeline/measured.js'
import { readMeasured } from '../timeline/saved.js'
import { startApart } from '../timeline/start-apart.js'
import { startOnce } from '../timeline/start-once.js'

export const timeline = command({
  name: 'timeline',
  summary: 'start a service for real, show what took how long, and compare that with an earlier start',
  operands: [{ name: 'module', kind: 'module' }],
  options: {
    save: { kind: 'file', value: 'FILE', summary: 'keep what was measured' },
    compare: { kind: 'file', value: 'FILE', summary: 'exit code 1 when it has become slower than what was kept there' },
    tolerance: {
      kind: 'percent',
      value: 'PERCENT',
      default: '20%',
      summary: 'by how much each resource and the whole may be slower',
    },
    floor: { kind: 'duration', value: 'TIME', default: '50ms', summary: 'what is slower by less is noise' },
    runs: {
      kind: 'count',
      value: 'N',
      summary:
        'how often it is started, each time in a process of its own; the median counts (default 1, with --save or --compare 3)',
    },
    ...JSON_OPTION,
    ...MODULE_OPTIONS,
  },
  notes: [
    'Unlike the other commands, this one starts the service: its ports and connections are opened, its jobs run, and it is shut down when everything runs. Of a file that was saved, it shows what is in it and starts nothing.',
  ],
  examples: [
    'keelson timeline src/main.ts',
    'keelson timeline src/main.ts --save base.json',
    'keelson timeline src/main.ts --compare base.json --tolerance 20%',
  ],
  async run(io, { operands: [module], options }) {
    const { save, compare: against, tolerance, floor: floorMs } = options
    const runs = options.runs ?? (save === undefined && against === undefined ? 1 : 3)
    if (runs === 0) throw usageError('--runs must be at least 1')
    if (save !== undefined) assertWritable(io.cwd, save)
    const base = against === undefined ? undefined : readMeasured(resolve(io.cwd, against), against)
    const measured = module!.endsWith('.json')
      ? readMeasured(resolve(io.cwd, module!), module!)
      : await measure(io, module!, runs, options)
    if (save !== undefined) writeOutput(io.cwd, save, `${json(measured)}\n`)
    const compared = base === undefined ? undefined : compare(base, measured, { tolerance, floorMs })
    const slower = compared?.filter((each) => each.slower) ?? []
    const code = slower.length > 0 ? EXIT.no : EXIT.ok
    if (options.json) {
      io.out(json(compared === undefined ? measured : { ok: code === EXIT.ok, compared, now: measured }))
      return code
    }
    const { paint } = io
    io.out(bars(measured, paint, io.terminal?.columns))
    if (compared === undefined) return code
    const limits = `with a tolerance of ${Math.round(tolerance * 100)}% and ${duration(floorMs)}`
    const verdict = slower.length === 0 ? paint.green('not slower') : paint.red(`${slower.length} slower`)
    io.out(`\n${comparisonText(compared, paint)}\n\n${verdict}, ${limits}`)
    return code
  },
})

interface MeasureOptions {
  readonly kernel: string | undefined
  readonly 'env-file': string | undefined
  readonly json: boolean
}

async function measure(io: Io, module: string, runs: number, options: MeasureOptions): Promise<Measured> {
  if (runs === 1) {
    const loaded = await load(io, module, options)
    if (!options.json) io.err(io.paintErr.dim(`starting ${loaded.kernel.name} for real, and shutting it down again`))
    return startOnce(io, loaded)
  }
  const all: Measured[] = []
  const others = (['kernel', 'env-file'] as const).flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}`, options[name]],
  )
  io.err(io.paintErr.dim(`starting ${module} for real, ${runs} times, and shutting it down again`))
  for (let run = 0; run < runs; run++) all.push(await startApart(io, ['timeline', module, '--runs', '1', '--json', ...others]))
  return medianOf(all)
}
