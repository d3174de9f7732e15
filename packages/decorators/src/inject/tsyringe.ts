// The one door to tsyringe: it refuses to load before the reflection that it is built on.
import 'reflect-metadata'

export { container, type DependencyContainer, delay, inject, injectable, Lifecycle } from 'tsyringe'
