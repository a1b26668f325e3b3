// What signing in and the home page say: read first.
import data from './data.ru'
import frame from './frame.ru'
import home from './home.ru'

export default {
  ...data,
  ...frame,
  ...home,
}
