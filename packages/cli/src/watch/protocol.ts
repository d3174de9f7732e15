import type { KernelState, Probe, ResourceSnapshot } from '@keelson/kernel'

/** Of what an inspector tells, as `@keelson/inspector` has it in full: the parts that are looked at here. */
export interface Message {
  readonly type: 'hello' | 'update'
  readonly process?: { readonly pid: number; readonly host: string }
  readonly kernel?: KernelPart
  readonly plan?: { readonly order: readonly string[]; readonly budget: { readonly worstCaseMs: number | null } }
  /** Those that have changed, whole. */
  readonly resources?: readonly ResourceView[]
  readonly gone?: readonly string[]
  readonly last?: true
}

export interface KernelPart {
  readonly name: string
  readonly state: KernelState
  readonly probe: Probe
  readonly cordoned?: string
}

export interface ResourceView extends ResourceSnapshot {
  /** How often it was restarted since the inspector looks. */
  readonly restartsDone: number
}

/** The message in a text; undefined when it is none. */
export function messageFrom(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const { type, kernel } = (value ?? {}) as Partial<Message>
    if (type === 'update' || (type === 'hello' && typeof kernel?.name === 'string')) return value as Message
  } catch {
    // Not JSON.
  }
  return undefined
}
