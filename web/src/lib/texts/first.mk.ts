// What signing in and the home page say: read first.
import data from './data.mk'
import frame from './frame.mk'
import home from './home.mk'

export default {
  ...data,
  ...frame,
  ...home,
}
