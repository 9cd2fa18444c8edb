import { xero } from '../twin/profiles';
import { describeLedger } from './suite';

describeLedger(xero, { paths: 113, cases: 12_100 });
