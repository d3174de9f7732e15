import { liveThroughCalls } from './life.js'
import { type CallSpec, randomCalls, shrinkCalls } from './spec.js'

export interface ManyLives {
  readonly lives: number
  readonly calls: number
  /** What went wrong, each with the smallest life that goes wrong in the same way. */
  readonly failures: readonly string[]
}

/** Lives through random calls, a life for each seed from `first` in steps; tells of at most `most` that go wrong. */
export async function manyLives(first: number, count: number, step = 1, most = 3): Promise<ManyLives> {
  let calls = 0
  const failures: string[] = []
  for (let i = 0; i < count && failures.length < most; i++) {
    const spec = randomCalls(first + i * step)
    const life = await liveThroughCalls(spec)
    calls += life.calls
    if (life.violations.length > 0) failures.push(await describeFailure(spec, kindOf(life.violations[0]!)))
  }
  return { lives: count, calls, failures }
}

async function describeFailure(spec: CallSpec, kind: string): Promise<string> {
  const small = await shrinkCalls(spec, async (simpler) => (await liveThroughCalls(simpler)).violations.some(is(kind)))
  const { violations, log } = await liveThroughCalls(small)
  const { actors, calls, ...kernel } = small
  const lines = [
    `life ${spec.seed}: ${violations.join('; ')}`,
    `kernel ${JSON.stringify(kernel)}`,
    ...actors.map((actor, i) => `r${i} ${JSON.stringify(actor)}`),
    ...calls.map((call) => `call ${JSON.stringify(call)}`),
    ...log,
  ]
  return lines.join('\n')
}

const is = (kind: string) => (violation: string) => kindOf(violation) === kind

/** The same for other resources and other times. */
function kindOf(violation: string): string {
  return violation.replace(/\d+/g, '')
}
