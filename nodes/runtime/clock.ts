import type { Clock } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { systemClock } from '../../shared/system';

/** The clock of everything that works on a store. */
export const clockOf = ({ now }: Pick<OpenStore, 'now'>): Clock => ({ ...systemClock, now });
