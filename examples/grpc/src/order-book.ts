export interface Order {
  readonly product: string
  readonly quantity: number
}

export class OrderBook {
  readonly #orders: Order[] = []
  readonly #followers = new Set<(order: Order) => void>()

  async place(order: Order): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 200))
    for (const tell of this.#followers) tell(order)
    return this.#orders.push(order)
  }

  /** Returns a function that ends it. */
  follow(tell: (order: Order) => void): () => void {
    this.#followers.add(tell)
    return () => void this.#followers.delete(tell)
  }
}
