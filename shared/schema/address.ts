import { group, text } from './fields';

/** A postal address, merged member by member. */
export const address = (label: string) =>
  group(label, {
    line1: text('Line 1', 500),
    line2: text('Line 2', 500),
    line3: text('Line 3', 500),
    city: text('City', 255),
    region: text('State or Region', 255),
    postalCode: text('Postal Code', 30),
    country: text('Country', 255),
  });
