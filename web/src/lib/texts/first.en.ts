// What signing in and the home page say: read first.
import data from './data.en'
import frame from './frame.en'
import home from './home.en'

export default {
  ...data,
  ...frame,
  ...home,
} as const
