import { wave } from '../twin/profiles';
import { describeLedger } from './suite';

describeLedger(wave, { paths: 113, cases: 11_600 });
