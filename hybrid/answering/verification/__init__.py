"""What a claim's verdict is: string comparison first, then whether a span entails it."""
