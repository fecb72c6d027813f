package train

// Keys gives tests the keys that the parser takes.
func Keys() map[string][]string { return keys }
