/**
 * The outputs Conflict and Failed share one place in the notices: whichever execution comes first puts out what is
 * to be told, and no other does.
 */
export const OUTPUTS = 'outputs';
