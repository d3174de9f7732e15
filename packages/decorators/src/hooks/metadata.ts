/**
 * Where a class with standard decorators keeps what they say about it. Runtimes do not have the symbol yet; compilers look
 * for `Symbol.metadata`, some also for the registered symbol, when a class is defined: so it must exist before the first one.
 */
export const METADATA: symbol = (Symbol as { metadata?: symbol }).metadata ?? Symbol.for('Symbol.metadata')

if (!('metadata' in Symbol)) Object.defineProperty(Symbol, 'metadata', { value: METADATA })
