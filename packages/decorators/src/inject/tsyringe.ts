// The only import of tsyringe, which throws when it is loaded before reflect-metadata.
import 'reflect-metadata'

export { container, type DependencyContainer, delay, inject, injectable, Lifecycle } from 'tsyringe'
