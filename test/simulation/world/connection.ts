/** The one connection of a simulated world. */
export const CONNECTION = 'c1';
