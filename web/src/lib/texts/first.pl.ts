// What signing in and the home page say: read first.
import data from './data.pl'
import frame from './frame.pl'
import home from './home.pl'

export default {
  ...data,
  ...frame,
  ...home,
}
