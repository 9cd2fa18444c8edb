import { accountedge } from '../twin/profiles';
import { describeLedger } from './suite';

describeLedger(accountedge, { paths: 113, cases: 11_300 });
