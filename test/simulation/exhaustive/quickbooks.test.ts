import { quickbooks } from '../twin/profiles';
import { describeLedger } from './suite';

describeLedger(quickbooks, { paths: 127, cases: 13_800 });
