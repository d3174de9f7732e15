import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeelsonError } from '../index.js'
import { type Life, live } from '../test-support/random-life.js'
import { type ResourceSpec, randomSpec, type Spec } from '../test-support/random-spec.js'

const RUNS = 500

/** Asserts something about every life of random applications. */
async function always(troubled: boolean, claim: (life: Life, spec: Spec) => void): Promise<void> {
  const property = fc.asyncProperty(randomSpec({ troubled }), async (spec) => {
    claim(await live(spec), spec)
  })
  await fc.assert(property, { numRuns: RUNS })
}

const broken = (life: Life, rule: string) => life.violations.filter((violation) => violation.startsWith(rule))

test('S1 no resource starts before what it requires runs, and what it is ordered after has settled', async () => {
  await always(true, (life) => expect(broken(life, 'S1')).toEqual([]))
})

test('S3, S7 nothing is launched once a start was given up', async () => {
  await always(true, (life) => expect(broken(life, 'S3')).toEqual([]))
})

test('D2 nothing is torn down before its dependents have stopped, nor while the probe is ready', async () => {
  await always(true, (life) => expect([...broken(life, 'D1'), ...broken(life, 'D2')]).toEqual([]))
})

test('H7 the probe is never ready while something "unready" does not run', async () => {
  await always(true, (life) => expect(broken(life, 'H7')).toEqual([]))
})

test('D5, S5 every value that was made is stopped exactly once, late ones too; what was killed had run out of time', async () => {
  await always(true, ({ made, runs }) => {
    for (const { resource, run, stops, kills } of made) {
      const outcome = runs[run - 1]!.report.outcomes.find((outcome) => outcome.resource === resource)!
      expect(stops, `${resource} in run ${run}: ${outcome.outcome}`).toBe(1)
      expect(kills).toBeLessThanOrEqual(1)
      if (outcome.outcome === 'stopped' || outcome.outcome === 'failed') expect(kills).toBe(0)
    }
  })
})

test('D6 exactly one outcome per resource; "never-started" for those, and only for those, that made no value in time', async () => {
  await always(true, ({ kernel, runs, events, made }, { resources }) => {
    for (const { report } of runs) {
      expect(report.outcomes.map(({ resource }) => resource).sort()).toEqual(resources.map((_, i) => `r${i}`).sort())
      expect(report.ok).toBe(report.errors.length === 0)
      for (const { error } of report.outcomes) {
        // Why it never ran is of its start, not of the teardown.
        if (error !== undefined && error.phase !== 'start') expect(report.errors).toContain(error)
      }
    }
    const ran = new Set(
      events.flatMap((event) => (event.type === 'resource:state' && event.to === 'running' ? [event.resource] : [])),
    )
    if (runs.length > 1) return
    for (const { resource, outcome } of runs[0]!.report.outcomes) {
      if (ran.has(resource)) expect(outcome, resource).not.toBe('never-started')
      else if (!made.some((value) => value.resource === resource)) expect(outcome, resource).toBe('never-started')
    }
    expect(kernel.inspect().resources.map(({ state }) => state)).not.toContain('running')
  })
})

test('no error is lost: whatever a hook threw is told in an event, and what a teardown threw is in its report', async () => {
  await always(true, ({ thrown, events, runs }) => {
    const told = new Set<unknown>()
    for (const event of events) if ('error' in event) collect(event.error, told)
    for (const { error, hook } of thrown) expect(told.has(error), `${hook}: ${error.message}`).toBe(true)
    for (const { report, startError, thrown } of runs) {
      const reported = new Set<unknown>()
      for (const error of [...report.errors, ...(startError?.errors ?? [])]) collect(error, reported)
      for (const error of thrown) expect(reported.has(error), error.message).toBe(true)
    }
  })
})

test('D3 the budget holds, and leaves nobody out', async () => {
  await always(true, ({ runs }, { shutdown }) => {
    for (const { shutdownMs, report, startError } of runs) {
      if (startError === undefined) expect(shutdownMs).toBeLessThanOrEqual(shutdown.timeout + 1e-3)
      expect(report.durationMs).toBeLessThanOrEqual(shutdown.timeout + 1e-3)
      expect(report.outcomes.map(({ outcome }) => outcome)).not.toContain('not-attempted')
    }
  })
})

test('concurrency is never exceeded', async () => {
  await always(true, ({ mostStarting }, { concurrency }) => expect(mostStarting).toBeLessThanOrEqual(concurrency))
})

test('S3, S4, S7 start() rejects exactly when something "unready" failed or a shutdown came first', async () => {
  await always(true, ({ events, runs, kernel }) => {
    const states = events.flatMap((event) => (event.type === 'kernel:state' ? [event.to] : []))
    expect(states.filter((state) => state === 'running')).toHaveLength(
      runs.filter(({ startError }) => startError === undefined).length,
    )
    expect(states.filter((state) => state === 'starting')).toHaveLength(runs.length)
    for (const { startError } of runs) {
      if (startError === undefined) continue
      expect(startError.errors.length).toBeGreaterThan(0)
      for (const error of startError.errors) expect(error).toBeInstanceOf(KeelsonError)
    }
    expect(['stopped', 'failed']).toContain(kernel.state)
  })
})

test('D8 nothing is left: no timer, and a probe at rest', async () => {
  await always(true, ({ clock, kernel }) => {
    expect(clock.pending).toBe(0)
    expect(kernel.probe()).toMatchObject({ started: false, ready: false })
  })
})

test('G3 a life is the same when it is lived again', async () => {
  const property = fc.asyncProperty(randomSpec({ troubled: true }), async (spec) => {
    const [one, two] = [await live(spec), await live(spec)]
    const lines = ({ events }: Life) =>
      events.map((event) => JSON.stringify([event.type, event.at, 'resource' in event && event.resource]))
    expect(lines(two)).toEqual(lines(one))
  })
  await fc.assert(property, { numRuns: RUNS })
})

test('S1 the makespan of a start is its critical path, and that of a shutdown the longest path back', async () => {
  await always(false, ({ runs, kernel }, { resources }) => {
    const up = longest(resources, startTime)
    const down = longest(resources, stopTime)
    for (const { startMs, shutdownMs, report, startError } of runs) {
      expect(startError).toBeUndefined()
      expect(report.ok).toBe(true)
      expect(startMs).toBeCloseTo(up, 3)
      expect(shutdownMs).toBeCloseTo(down, 3)
    }
    expect(kernel.plan().startMs).toBeCloseTo(up, 3)
  })
})

/** The wait between failing checks doubles from 10 ms. */
function startTime({ start, checks = [true] }: ResourceSpec): number {
  return (start.ms ?? 0) + 10 * (2 ** checks.indexOf(true) - 1)
}

function stopTime({ drain, stop, cleanups }: ResourceSpec): number {
  return [drain, stop, ...cleanups].reduce((sum, hook) => sum + (hook?.ms ?? 0), 0)
}

function longest(resources: readonly ResourceSpec[], weight: (spec: ResourceSpec) => number): number {
  const path: number[] = []
  for (const spec of resources) path.push(weight(spec) + Math.max(0, ...spec.edges.map(({ to }) => path[to]!)))
  return Math.max(...path)
}

/** An error with everything behind it. */
function collect(error: unknown, into: Set<unknown>): void {
  for (let current = error; current !== undefined && !into.has(current); current = (current as Error).cause) into.add(current)
}
