/** The current instance of a resource, followed through restarts. */
export interface Ref<T> {
  /** The instance that runs now; undefined while there is none. */
  readonly current: T | undefined
  /**
   * The instance that runs now.
   *
   * @throws KeelsonError `NOT_STARTED` while there is none.
   */
  get(): T
  /**
   * Runs `work` with the current instance and keeps that instance from being stopped until `work` settles, for at most
   * its drain timeout, so that a restart loses no work in flight.
   *
   * @throws KeelsonError `NOT_STARTED` while there is no instance that takes new work; what `work` throws passes through.
   */
  use<R>(work: (value: T) => R): Promise<Awaited<R>>
}
