import type { Resource, StopContext } from '../index.js'
import { hang, type Scene, type TracedOptions } from './scene.js'

/** r0 ← r1 ← … : the last one is the top. Each notes when its stop began and until when it may take. */
export function hangingChain({ clock, traced }: Scene, length: number, options: (i: number) => TracedOptions) {
  const given: { name: string; at: number; ms: number }[] = []
  const origin = clock.now()
  let below: Resource<string> | undefined
  for (let i = 0; i < length; i++) {
    const { stop = hang, ...rest } = options(i)
    below = traced(`r${i}`, {
      ...(below !== undefined && { dependsOn: { below } }),
      ...rest,
      stop: (value, ctx: StopContext) => {
        given.push({ name: `r${i}`, at: clock.now() - origin, ms: ctx.deadline - clock.now() })
        return stop(value, ctx)
      },
    })
  }
  return { top: below!, given }
}

/** The outcomes of a report, in its order. */
export const outcomesOf = (report: { outcomes: readonly { outcome: string }[] }) => report.outcomes.map(({ outcome }) => outcome)
