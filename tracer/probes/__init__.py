"""What watches Flask: one file a concern, all of equal rank."""
