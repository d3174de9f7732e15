/**
 * The key of a class's metadata object, with standard decorators. Runtimes do not have `Symbol.metadata` yet; compilers read it, some
 * also the registered symbol, when a class is defined: so it must exist before the first class is.
 */
export const METADATA: symbol = (Symbol as { metadata?: symbol }).metadata ?? Symbol.for('Symbol.metadata')

if (!('metadata' in Symbol)) Object.defineProperty(Symbol, 'metadata', { value: METADATA })
