/** The longest delay of a timer in ms, 24 days; a longer one fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1
